import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../../..')
const style = readFileSync(join(root, 'src/http/page/browser/page.css'), 'utf8')

/** The colours by name of a block that begins with `start`, in the light and in the dark. */
function coloursAfter(start: string): readonly (readonly [name: string, light: string, dark: string])[] {
  const at = style.indexOf(':root {', style.indexOf(start))
  const block = style.slice(at, style.indexOf('}', at))
  const values = block.matchAll(
    /--([\w-]+): (?:light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)|(#[0-9a-f]{6}));/g,
  )
  return [...values].map(([, name = '', light = '', dark = '', both = '']) => [
    name,
    light || both,
    dark || both,
  ])
}

const screen = coloursAfter('')
const light = new Map(screen.map(([name, colour]) => [name, colour]))
const dark = new Map(screen.map(([name, , colour]) => [name, colour]))
const onPaper = coloursAfter('@media print').map(([name, colour]) => [name, colour] as const)
const schemes = [
  ['light', light],
  ['dark', dark],
  ['paper', new Map([...light, ...onPaper])],
] as const

/** Relative luminance, as WCAG 2.2 defines it. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return share <= 0.040_45 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(a: string, b: string): number {
  const [brighter = 0, darker = 0] = [luminance(a), luminance(b)].toSorted((x, y) => y - x)
  return (brighter + 0.05) / (darker + 0.05)
}

const onGround = ['text', 'quiet', 'link', 'good', 'wait', 'bad', 'blind', 'off']
const pairs = [
  ...['ground', 'card', 'code'].flatMap((ground) => onGround.map((text) => [text, ground] as const)),
  ...['proceed', 'hold', 'stop', 'gone'].map((name) => [`${name}-text`, `${name}-ground`] as const),
]

describe.each(schemes)('the colours of the page (%s)', (_, colours) => {
  it.each(pairs)('%s can be read on %s', (text, ground) => {
    const [front, back] = [colours.get(text), colours.get(ground)]
    if (front === undefined || back === undefined) throw new Error(`${text} or ${ground} has no colour`)
    expect(contrast(front, back)).toBeGreaterThanOrEqual(4.5)
  })
})

describe('the style sheet', () => {
  it('names every colour that it uses', () => {
    const used = new Set([...style.matchAll(/var\(--([\w-]+)\)/g)].map(([, name = '']) => name))
    expect([...used].filter((name) => name !== 'tone' && !light.has(name))).toEqual([])
    expect([...light.keys()].filter((name) => !used.has(name))).toEqual([])
  })

  it('writes no colour outside of its tables, but black and white on paper', () => {
    const rules = style.replaceAll(/:root \{[^}]*\}/g, '')
    const own = [...rules.matchAll(/#[0-9a-f]{3,8}\b/g)].map(([colour]) => colour)
    expect(own.filter((colour) => colour !== '#ffffff' && colour !== '#000000')).toEqual([])
  })

  it('loads nothing from anywhere', () => {
    expect(style).not.toMatch(/url\(|@import/)
  })

  it('measures contrast as it is defined', () => {
    expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5)
    expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2)
  })
})
