/** A Svelte-compatible store: tells the value at once and on every change. */
export class Store<T> {
  private readonly listeners = new Set<(value: T) => void>();

  constructor(private current: T) {}

  get value(): T {
    return this.current;
  }

  set(value: T): void {
    this.current = value;
    for (const run of [...this.listeners]) run(value);
  }

  subscribe(run: (value: T) => void): () => void {
    // Wrapped, so that one function may subscribe twice.
    const listener = (value: T) => run(value);
    this.listeners.add(listener);
    run(this.current);
    return () => this.listeners.delete(listener);
  }
}
