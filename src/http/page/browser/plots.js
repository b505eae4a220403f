// @ts-check
// Draws the observed values of checks and stop conditions over the last quarter of an hour. The page has the newest of
// them as text, too.

/**
 * @typedef {{ op: string, value: number, clear: number | null, unit: string } | null} Threshold
 * @typedef {{ ref: string, title: string, unit: string, threshold: Threshold, points: [number, number | null][] }} Series
 * @typedef {{ setData(data: unknown): void, setSize(size: object): void, destroy(): void }} Plot
 */

const hours = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const minutes = new Intl.DateTimeFormat('en-GB', { minute: '2-digit', second: '2-digit' })
const HEIGHT = 96
const EVERY = 5_000
const uPlot = /** @type {new (options: object, data: unknown, into: Element) => Plot} */ (
  Reflect.get(globalThis, 'uPlot')
)

/** @type {Map<string, { plot: Plot, width: number, scheme: string }>} */
const drawn = new Map()
let drawnAt = 0

async function draw() {
  if (document.visibilityState === 'hidden' || document.documentElement.dataset['gone'] !== undefined) return
  const now = Date.now()
  if (now - drawnAt < EVERY) return
  drawnAt = now
  const answer = await fetch('trends?window=15m', { cache: 'no-store' }).catch(() => undefined)
  if (answer?.ok !== true) return
  /** @type {{ series: Series[] }} */
  const { series } = await answer.json()
  for (const one of series) put(one)
}

/** @param {Series} series */
function put(series) {
  const into = document.querySelector(
    `.plot[data-ref="${CSS.escape(series.ref)}"][data-unit="${CSS.escape(series.unit)}"] .canvas`,
  )
  if (!(into instanceof HTMLElement) || series.points.length < 2) return
  const data = dataOf(series)
  const width = Math.floor(into.clientWidth)
  const scheme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
  const held = drawn.get(series.ref)
  if (held !== undefined && held.scheme === scheme && into.firstChild !== null) {
    held.plot.setData(data)
    if (held.width !== width) held.plot.setSize({ width, height: HEIGHT })
    held.width = width
    return
  }
  held?.plot.destroy()
  into.replaceChildren()
  drawn.set(series.ref, { plot: new uPlot(optionsOf(series, width, into), data, into), width, scheme })
}

/** @param {Series} series */
function dataOf({ points, threshold }) {
  const times = points.map(([at]) => at)
  const values = points.map(([, value]) => value)
  return threshold === null ? [times, values] : [times, values, times.map(() => threshold.value)]
}

/**
 * @param {Series} series
 * @param {number} width
 * @param {HTMLElement} into
 */
function optionsOf({ title, unit, threshold }, width, into) {
  /** As a canvas takes it: in the scheme in force. @param {string} name */
  const colour = (name) => {
    into.style.color = `var(${name})`
    return getComputedStyle(into).color
  }
  const grid = { stroke: colour('--line'), width: 1 }
  const axis = { stroke: colour('--quiet'), grid, ticks: { show: false }, font: '11px system-ui, sans-serif' }
  return {
    width,
    height: HEIGHT,
    cursor: { show: false },
    legend: { show: false },
    scales: {
      y: {
        range: (/** @type {unknown} */ _, /** @type {number} */ low, /** @type {number} */ high) =>
          rangeOf(low, high, threshold),
      },
    },
    axes: [
      {
        ...axis,
        size: 22,
        space: 60,
        values: (/** @type {unknown} */ _, /** @type {number[]} */ at) => at.map((time) => timeOf(time, at)),
      },
      {
        ...axis,
        size: 52,
        space: 30,
        values: (/** @type {unknown} */ _, /** @type {number[]} */ at) =>
          at.map((value) => amount(value, unit)),
      },
    ],
    series: [
      {},
      { label: title, stroke: colour('--link'), width: 1.5, spanGaps: false, points: { show: false } },
      ...(threshold === null
        ? []
        : [{ label: 'limit', stroke: colour('--quiet'), width: 1.5, dash: [6, 4], points: { show: false } }]),
    ],
  }
}

/**
 * With seconds where marks are nearer to each other than a minute.
 * @param {number} seconds
 * @param {number[]} all
 */
function timeOf(seconds, all) {
  const near = (all[1] ?? Infinity) - (all[0] ?? 0) < 60
  return (near ? minutes : hours).format(seconds * 1_000)
}

/**
 * From nothing to what is larger, the values or the limit: a plot that zooms in makes a mountain of noise.
 * @param {number} low
 * @param {number} high
 * @param {Threshold} threshold
 */
function rangeOf(low, high, threshold) {
  const most = Math.max(high ?? 0, threshold?.value ?? 0)
  return [Math.min(0, low ?? 0), most > 0 ? most * 1.15 : 1]
}

/**
 * @param {number} value
 * @param {string} unit
 */
function amount(value, unit) {
  if (unit === 'ratio') return `${Math.round(value * 100)} %`
  if (unit === 'seconds')
    return value >= 120 ? `${Math.round(value / 6) / 10} min` : `${Math.round(value * 10) / 10} s`
  if (unit === 'bytes') return `${Math.round(value / 2 ** 20)} MiB`
  return value >= 10_000 ? `${Math.round(value / 1_000)}k` : String(Math.round(value * 10) / 10)
}

document.addEventListener('page:second', () => void draw())
document.addEventListener('page:shown', () => void draw())
addEventListener('resize', () => (drawnAt = 0))
void draw()
