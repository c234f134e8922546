// Ory Hydra as an ordinary dependency of a program of two lines, compiled by Go, which fetches it from the module proxy.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cached } from '../setup/cache.mjs';
import { tool } from '../setup/tool.mjs';

export const VERSION = '2.3.0';

const MAIN = `package main

import "github.com/ory/hydra/v2/cmd"

func main() { cmd.Execute() }
`;

// a replacement counts in the main module alone: this one stands in Hydra's own go.mod, and it does not compile without
const MODULE = `module interop.example/hydra

go 1.22

require github.com/ory/hydra/v2 v${VERSION}

replace github.com/gobuffalo/pop/v6 => github.com/ory/pop/v6 v6.2.1-0.20241121111754-e5dfc0f3344b
`;

/**
 * Returns the path of Hydra, compiled where it is not there yet.
 *
 * @throws Missing without Go, or without the C compiler that its database takes
 */
export function hydraProgram() {
  return join(
    cached(`hydra-${VERSION}`, (directory) => {
      console.log(`Compiling Hydra ${VERSION}, once (some minutes)`);
      writeFileSync(join(directory, 'main.go'), MAIN);
      writeFileSync(join(directory, 'go.mod'), MODULE);
      const options = {
        cwd: directory,
        env: { ...process.env, CGO_ENABLED: '1', GOFLAGS: '-mod=mod' },
        what: `Compiling Hydra ${VERSION}`,
        install: 'Install Go 1.22 or later and a C compiler with `apt-get install golang-go gcc libc6-dev`.',
      };
      tool('go', ['mod', 'tidy'], options);
      // two packages at a time: its compiler takes all the memory it is given
      tool(
        'go',
        ['build', '-p', '2', '-tags', 'sqlite,json1', '-trimpath', '-ldflags=-s -w', '-o', 'hydra', '.'],
        options,
      );
    }),
    'hydra',
  );
}
