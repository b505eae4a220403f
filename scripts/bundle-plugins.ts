import { readFile } from 'node:fs/promises'
import type { Plugin } from 'esbuild'

/**
 * Leaves out what nothing uses of a package that does not declare that its modules only define things. Of
 * `@kubernetes/client-node` the generated models alone are half a megabyte of source.
 */
export const onlyDefining = (packageName: string): Plugin => ({
  name: `only what is used of ${packageName}`,
  setup(bundler) {
    const inside = `/node_modules/${packageName}/`
    const asked = Symbol('asked by this plugin')
    bundler.onResolve({ filter: /./ }, async ({ path, importer, kind, resolveDir, pluginData }) => {
      if (pluginData === asked || (path !== packageName && !importer.includes(inside))) return undefined
      const found = await bundler.resolve(path, { kind, importer, resolveDir, pluginData: asked })
      return found.path.includes(inside) ? { ...found, sideEffects: false } : found
    })
  },
})

/**
 * Has `node:http` required, where it is imported. An import reads every export, and some of them (`WebSocket`,
 * `CloseEvent`, `MessageEvent`) load Node's own copy of undici as they are read: 2 MB and some milliseconds of each start.
 */
export const requiredHttp: Plugin = {
  name: 'node:http is required',
  setup(bundler) {
    bundler.onResolve({ filter: /^(node:)?http$/ }, ({ kind }) =>
      kind === 'import-statement' ? { path: 'http', namespace: 'required' } : undefined,
    )
    bundler.onLoad({ filter: /./, namespace: 'required' }, () => ({
      contents: `module.exports = require('node:http')`,
      loader: 'js',
    }))
  },
}

/** Puts Postgres' parser into the bundle, which is otherwise read from the file beside the one that is running. */
export const embeddedParser: Plugin = {
  name: 'the parser of Postgres is embedded',
  setup(bundler) {
    bundler.onLoad({ filter: /[\\/]libpg-query[\\/]wasm[\\/]libpg-query\.js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8')
      const contents = text.replace(
        'Module["instantiateWasm"]',
        `(info, receive) => void WebAssembly.instantiate(require('./libpg-query.wasm'), info)
          .then(({ instance }) => receive(instance))`,
      )
      if (contents === text) throw new Error(`${path} takes no instantiateWasm any more`)
      return { contents, loader: 'js' }
    })
  },
}

/** Says in place of the daemon that it is not there. */
export const withoutDaemon: Plugin = {
  name: 'without the daemon',
  setup(bundler) {
    const says =
      'caracal-gate: this file is the command line alone; run the exporter from the image or the package\n'
    bundler.onLoad({ filter: /[\\/]src[\\/]daemon[\\/]serve\.ts$/ }, () => ({
      contents: `export const serve = ({ stderr }) => (stderr.write(${JSON.stringify(says)}), 2)`,
      loader: 'js',
    }))
  },
}
