import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { AssetLinks } from './view.ts'

/** A file that the page loads, as it is sent. */
export interface Asset {
  readonly type: string
  readonly body: Buffer
}

export interface Assets extends AssetLinks {
  /** The asset by the name in its address, which holds a hash of its content. */
  byFile(file: string): Asset | undefined
}

/** Assets of our own by name, and those of packages with the file that they are there. */
const own = ['page.css', 'runbook.css', 'live.js', 'plots.js', 'comfort.js', 'acknowledge.js'] as const
const icons = ['proceed.svg', 'hold.svg', 'stop.svg', 'cannot-tell.svg'] as const
export const packaged: Readonly<Record<string, string>> = {
  'idiomorph.js': 'idiomorph/dist/idiomorph.min.js',
  'uplot.js': 'uplot/dist/uPlot.iife.min.js',
  'uplot.css': 'uplot/dist/uPlot.min.css',
}

/** The folder beside this file that holds our own; a bundle has all of them in a folder of this name beside it. */
export const folder = 'browser'

const types: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
}

/** Where the bundle has its copies, seen from one of its chunks. */
const bundled = join(import.meta.dirname, '..', folder)

function contentOf(name: string): Buffer {
  if (existsSync(bundled)) return readFileSync(join(bundled, name))
  const file = packaged[name]
  return file === undefined
    ? readFileSync(join(import.meta.dirname, folder, name))
    : readFileSync(createRequire(import.meta.url).resolve(file))
}

let held: Assets | undefined

/** All assets, read once and kept in memory: a few files of a hundred kilobytes together. */
export function assets(): Assets {
  held ??= readAssets()
  return held
}

function readAssets(): Assets {
  const byFile = new Map<string, Asset>()
  const hrefs = new Map<string, string>()
  for (const name of [...own, ...icons, ...Object.keys(packaged)]) {
    const body = contentOf(name)
    const [stem = '', ending = ''] = name.split('.')
    const file = `${stem}-${hashOf(body)}.${ending}`
    byFile.set(file, { type: types[ending] ?? 'application/octet-stream', body })
    hrefs.set(name, `assets/${file}`)
  }
  return {
    byFile: (file) => byFile.get(file),
    href(name) {
      const href = hrefs.get(name)
      if (href === undefined) throw new RangeError(`there is no asset ${name}`)
      return href
    },
    build: hashOf(Buffer.from([...byFile.keys()].join('\n'))),
  }
}

function hashOf(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex').slice(0, 12)
}
