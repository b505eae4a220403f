// Bundles the program and everything it imports: one entry and one chunk per lazily loaded command.
//   node scripts/build.ts [FOLDER]     into dist/, or another folder, whose content is replaced
import { chmod, copyFile, cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { build } from 'esbuild'
import packageJson from '../package.json' with { type: 'json' }
import { folder, packaged } from '../src/http/page/assets.ts'
import { runbookFolder } from '../src/http/runbook-sources.ts'
import { onlyDefining, requiredHttp } from './bundle-plugins.ts'
import { schemaFiles } from './schema-files.ts'

const root = resolve(import.meta.dirname, '..')
const [folderOfBundle = join(root, 'dist')] = process.argv.slice(2)
const outdir = resolve(folderOfBundle)

// Some packages are CommonJS: they call require() for node modules, and look for files in their __dirname, neither of
// which an ES module has of its own.
const banner = `#!/usr/bin/env node
import { createRequire as createRequireOfBundle } from 'node:module'
const require = createRequireOfBundle(import.meta.url)
const __dirname = import.meta.dirname`

await rm(outdir, { recursive: true, force: true })
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ['src/main.ts'],
  outdir,
  bundle: true,
  splitting: true,
  platform: 'node',
  target: 'node22',
  format: 'esm',
  chunkNames: 'chunks/[name]-[hash]',
  banner: { js: banner },
  // Not in the bundle, since nothing loads them: pg's native binding, which it asks for in a try block, and what Fastify
  // compiles schemas and injects requests with.
  external: [
    'pg-native',
    '@fastify/ajv-compiler',
    '@fastify/fast-json-stringify-compiler',
    'light-my-request',
  ],
  plugins: [onlyDefining('@kubernetes/client-node'), requiredHttp],
  // The source is in memory for as long as the program runs, and takes twice as much with one letter that is not ASCII, in
  // a comment, say. Names stay as they are, so that a stack trace can be read without the map.
  charset: 'ascii',
  minifyWhitespace: true,
  minifySyntax: true,
  sourcemap: 'linked',
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
})
await chmod(join(outdir, 'main.js'), 0o755)

// What the page loads lies beside the bundle: it runs without node_modules.
const assets = join(outdir, folder)
await cp(join(root, 'src/http/page', folder), assets, { recursive: true })
for (const [name, file] of Object.entries(packaged))
  await copyFile(join(root, 'node_modules', file), join(assets, name))

// What the daemon makes its runbook from.
await cp(join(root, runbookFolder), join(outdir, 'runbook-pages'), { recursive: true })

// Postgres' parser, which the command that needs it loads from beside its chunk.
const parser = 'libpg-query.wasm'
await copyFile(join(root, 'node_modules/libpg-query/wasm', parser), join(outdir, 'chunks', parser))

// For editors, and to be attached to a release.
const schemas = join(outdir, 'schemas')
await mkdir(schemas)
for (const [name, text] of Object.entries(schemaFiles())) await writeFile(join(schemas, name), text)

// Wherever the folder is copied to, Node need not read a file twice to see that it is a module.
const { name, version, license, type } = packageJson
await writeFile(
  join(outdir, 'package.json'),
  `${JSON.stringify({ name, version, license, type }, null, 2)}\n`,
)

const files = Object.entries(metafile.outputs)
  .filter(([path]) => path.endsWith('.js'))
  .map(([path, { bytes }]) => ({ path: relative(root, resolve(root, path)), bytes }))
  .toSorted((a, b) => b.bytes - a.bytes)
for (const { path, bytes } of files)
  process.stdout.write(`${(bytes / 1024).toFixed(1).padStart(9)} KiB  ${path}\n`)
const total = files.reduce((sum, { bytes }) => sum + bytes, 0)
process.stdout.write(`${(total / 1024).toFixed(1).padStart(9)} KiB  in ${files.length} files\n`)
