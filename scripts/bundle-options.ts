import type { BuildOptions } from 'esbuild'
import { onlyDefining, requiredBuiltins } from './bundle-plugins.ts'

// Some packages are CommonJS: they call require() for node modules, and look for files in their __dirname, neither of
// which an ES module has of its own.
const banner = `#!/usr/bin/env node
import { createRequire as createRequireOfBundle } from 'node:module'
const require = createRequireOfBundle(import.meta.url)
const __dirname = import.meta.dirname`

/** What all bundles of the program have in common. */
export const bundleOptions = {
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'esm',
  banner: { js: banner },
  // Not in the bundle, since nothing loads them: pg's native binding, which it asks for in a try block, and what Fastify
  // compiles schemas and injects requests with.
  external: [
    'pg-native',
    '@fastify/ajv-compiler',
    '@fastify/fast-json-stringify-compiler',
    'light-my-request',
  ],
  plugins: [onlyDefining('@kubernetes/client-node'), requiredBuiltins],
  // The source is in memory for as long as the program runs, and takes twice as much with one letter that is not ASCII, in
  // a comment, say. Names stay as they are, so that a stack trace can be read without the map.
  charset: 'ascii',
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  logLevel: 'warning',
} satisfies BuildOptions
