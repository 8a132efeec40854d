import { type ChildRow, type ChildStore, type Family, lives } from "../../src/tasks/family.ts";

/** A task's children in memory: faster than their table, which does the same. */
export class ChildRows implements ChildStore {
  readonly rows = new Map<string, ChildRow>();
  #family: Family | null = null;

  loadFamily(): Family | null {
    return this.#family;
  }

  storeFamily(family: Family): void {
    this.#family = family;
  }

  child(id: string): ChildRow | null {
    return this.rows.get(id) ?? null;
  }

  store(row: ChildRow): void {
    this.rows.set(row.id, row);
  }

  drop(id: string): void {
    this.rows.delete(id);
  }

  livingAfter(after: string, limit: number): readonly ChildRow[] {
    return [...this.rows.values()]
      .filter(({ id, isDoubtful, counts }) => id > after && (isDoubtful || lives(counts)))
      .sort((one, other) => (one.id < other.id ? -1 : 1))
      .slice(0, limit);
  }

  newest(limit: number): readonly ChildRow[] {
    return this.#oldestFirst().reverse().slice(0, limit);
  }

  count(): number {
    return this.rows.size;
  }

  dropSettled(count: number): void {
    const settled = this.#oldestFirst().filter((row) => !row.isDoubtful && !lives(row.counts));
    for (const { id } of settled.slice(0, count)) this.rows.delete(id);
  }

  clear(): void {
    this.rows.clear();
    this.#family = null;
  }

  #oldestFirst(): ChildRow[] {
    return [...this.rows.values()].sort((one, other) => one.adoptedAtMs - other.adoptedAtMs);
  }
}
