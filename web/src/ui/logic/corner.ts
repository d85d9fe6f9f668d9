/** Where the self view rests, and where it goes after a drag. */

export type Corner = 'top-left' | 'top-right' | 'bottom-left' | 'bottom-right';

/** The corner of the half of the stage in which the middle of the card was let go. */
export function cornerAt(x: number, y: number, width: number, height: number): Corner {
  const side = x < width / 2 ? 'left' : 'right';
  return y < height / 2 ? `top-${side}` : `bottom-${side}`;
}

/** The corner an arrow key leads to; the same one at an edge. */
export function cornerBeside(corner: Corner, key: string): Corner {
  const [row, side] = corner.split('-') as ['top' | 'bottom', 'left' | 'right'];
  if (key === 'ArrowUp') return `top-${side}`;
  if (key === 'ArrowDown') return `bottom-${side}`;
  if (key === 'ArrowLeft') return `${row}-left`;
  if (key === 'ArrowRight') return `${row}-right`;
  return corner;
}

/** The next corner clockwise. */
export function nextCorner(corner: Corner): Corner {
  const round: Corner[] = ['top-left', 'top-right', 'bottom-right', 'bottom-left'];
  return round[(round.indexOf(corner) + 1) % round.length] ?? 'bottom-right';
}
