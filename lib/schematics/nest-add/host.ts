/**
 * The parts of @angular-devkit/schematics that this schematic uses. It imports nothing at run time: `nest add` runs it
 * with the one of its own, and not every package manager lets this package see it.
 */
export interface Tree {
  exists(path: string): boolean;
  read(path: string): { toString(): string } | null;
  create(path: string, content: string): void;
  overwrite(path: string, content: string): void;
}

/** What a schematic says, and what it has done after the files are written. */
export interface SchematicContext {
  readonly logger: { info(message: string): void; warn(message: string): void };
  addTask(task: { toConfiguration(): { name: string; options: object } }): unknown;
}

/** Returns the text of a file. `undefined` if there is none. */
export function textOf(tree: Tree, path: string): string | undefined {
  return tree.exists(path) ? tree.read(path)?.toString() : undefined;
}
