// Bundles the program and everything it imports: one entry and one chunk per lazily loaded command.
//   node scripts/build.ts [FOLDER]     into dist/, or another folder, whose content is replaced
import { chmod, copyFile, cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { build } from 'esbuild'
import packageJson from '../package.json' with { type: 'json' }
import { folder, packaged } from '../src/http/page/assets.ts'
import { runbookFolder } from '../src/http/runbook-sources.ts'
import { bundleOptions } from './bundle-options.ts'
import { schemaFiles } from './schema-files.ts'

const root = resolve(import.meta.dirname, '..')
const [folderOfBundle = join(root, 'dist')] = process.argv.slice(2)
const outdir = resolve(folderOfBundle)

await rm(outdir, { recursive: true, force: true })
const { metafile } = await build({
  ...bundleOptions,
  absWorkingDir: root,
  entryPoints: ['src/main.ts'],
  outdir,
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  sourcemap: 'linked',
  metafile: true,
})
await chmod(join(outdir, 'main.js'), 0o755)

// What the page loads lies beside the bundle: it runs without node_modules.
const assets = join(outdir, folder)
await cp(join(root, 'src/http/page', folder), assets, { recursive: true })
for (const [name, file] of Object.entries(packaged))
  await copyFile(join(root, 'node_modules', file), join(assets, name))

// What the daemon makes its runbook from.
const runbook = 'runbook-pages'
await cp(join(root, runbookFolder), join(outdir, runbook), { recursive: true })

// Postgres' parser, which the command that needs it loads from beside its chunk.
const parser = 'libpg-query.wasm'
await copyFile(join(root, 'node_modules/libpg-query/wasm', parser), join(outdir, 'chunks', parser))

// For editors, and to be attached to a release.
const schemas = join(outdir, 'schemas')
await mkdir(schemas)
for (const [name, text] of Object.entries(schemaFiles())) await writeFile(join(schemas, name), text)

// Wherever the folder is copied to, Node need not read a file twice to see that it is a module. `npm pack ./dist` makes a
// package of it that depends on no other.
const { name, version, description, license, type, engines } = packageJson
const described = { name, version, description, license, type, engines }
const manifest = {
  ...described,
  bin: { 'caracal-gate': 'main.js' },
  files: ['main.js', 'chunks/*.js', `chunks/${parser}`, folder, runbook, 'schemas'],
}
await writeFile(join(outdir, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)

const files = Object.entries(metafile.outputs)
  .filter(([path]) => path.endsWith('.js'))
  .map(([path, { bytes }]) => ({ path: relative(root, resolve(root, path)), bytes }))
  .toSorted((a, b) => b.bytes - a.bytes)
for (const { path, bytes } of files)
  process.stdout.write(`${(bytes / 1024).toFixed(1).padStart(9)} KiB  ${path}\n`)
const total = files.reduce((sum, { bytes }) => sum + bytes, 0)
process.stdout.write(`${(total / 1024).toFixed(1).padStart(9)} KiB  in ${files.length} files\n`)
