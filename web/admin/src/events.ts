/** One event of a text/event-stream. */
export interface StreamEvent {
  name: string;
  data: string;
}

/** Cuts a stream of text into events; what is not whole yet waits for the rest. */
export class EventParser {
  #rest = '';

  feed(text: string): StreamEvent[] {
    this.#rest += text;
    const events: StreamEvent[] = [];
    for (;;) {
      const end = this.#rest.indexOf('\n\n');
      if (end < 0) return events;
      const block = this.#rest.slice(0, end);
      this.#rest = this.#rest.slice(end + 2);
      let name = '';
      let data = '';
      for (const line of block.split('\n')) {
        if (line.startsWith('event: ')) name = line.slice(7);
        else if (line.startsWith('data: ')) data += line.slice(6);
      }
      if (name) events.push({ name, data });
    }
  }
}
