// Bundles the command line into one file that needs nothing but Node 22.19 or newer:
//   node scripts/build-cli.ts [FILE]     dist/caracal-gate.mjs, or another file
// It has every command but `serve`, which needs the files of the page beside it.
import { chmod } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { build } from 'esbuild'
import { bundleOptions } from './bundle-options.ts'
import { embeddedParser, withoutDaemon } from './bundle-plugins.ts'

const root = resolve(import.meta.dirname, '..')
const [file = join(root, 'dist/caracal-gate.mjs')] = process.argv.slice(2)
const outfile = resolve(file)

const { metafile } = await build({
  ...bundleOptions,
  absWorkingDir: root,
  entryPoints: ['src/main.ts'],
  outfile,
  loader: { '.wasm': 'binary' },
  plugins: [embeddedParser, withoutDaemon, ...bundleOptions.plugins],
  metafile: true,
})
await chmod(outfile, 0o755)

const bytes = Object.values(metafile.outputs).reduce((sum, output) => sum + output.bytes, 0)
process.stdout.write(`${(bytes / 1024).toFixed(1).padStart(9)} KiB  ${relative(root, outfile)}\n`)
