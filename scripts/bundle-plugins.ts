import { readFile } from 'node:fs/promises'
import { builtinModules, createRequire } from 'node:module'
import type { Plugin } from 'esbuild'

const require = createRequire(import.meta.url)

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
 * Has modules of Node required, where they are imported, and takes of them what is used. An import reads every export, and
 * many load others as they are read: `WebSocket` of `node:http` Node's own copy of undici, `transferableAbortSignal` of
 * `node:util` the workers.
 */
export const requiredBuiltins: Plugin = {
  name: 'modules of Node are required',
  setup(bundler) {
    const names = new Set(builtinModules.flatMap((name) => [name, `node:${name}`]))
    bundler.onResolve({ filter: /./ }, ({ path, kind }) =>
      names.has(path) && kind === 'import-statement'
        ? { path: path.replace(/^node:/, ''), namespace: 'required', sideEffects: false }
        : undefined,
    )
    bundler.onLoad({ filter: /./, namespace: 'required' }, ({ path }) => {
      const exported = Object.keys(require(`node:${path}`) as object).filter((name) => name !== 'default')
      // Only what is marked as pure is left out where nothing uses it.
      const lines = exported.map((name) => `export const ${name} = /* @__PURE__ */ taken('${name}')`)
      return {
        contents: [
          `const whole = /* @__PURE__ */ require('node:${path}')`,
          'const taken = (name) => whole[name]',
          'export default whole',
          ...lines,
        ].join('\n'),
        loader: 'js',
      }
    })
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
