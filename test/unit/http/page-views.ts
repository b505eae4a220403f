import { initialSnapshot, type Rules, type Snapshot } from '../../../src/core/snapshot.ts'
import { toReport } from '../../../src/http/document.ts'
import { renderPage } from '../../../src/http/page/page.ts'
import type { AssetLinks, PageView } from '../../../src/http/page/view.ts'
import { elementsOf, type Element } from '../../support/markup.ts'
import { handMadeRules, play, reportContext, rollout, start, type World } from './context.ts'

export const links: AssetLinks = { href: (name) => `assets/${name}`, build: 'b1' }

export function viewOfSnapshot(snapshot: Snapshot, rules: Rules, more: Partial<PageView> = {}): PageView {
  const report = toReport(snapshot, reportContext(rules))
  return {
    report,
    snapshot,
    rules,
    history: [],
    expired: false,
    acknowledging: false,
    assets: links,
    ...more,
  }
}

/** The page of a world in a rollout, after so many seconds. */
export function viewOf(world: World, seconds = 60, more: Partial<PageView> = {}): PageView {
  const rules = handMadeRules(world)
  return viewOfSnapshot(play(rules, seconds, { ...initialSnapshot(start, rules), rollout }), rules, more)
}

/** A page as a person finds their way in it. */
export interface Read {
  readonly markup: string
  readonly elements: readonly Element[]
  /** The elements of a name, or with an id (`#x`) or a class (`.x`). */
  all(selector: string): readonly Element[]
  /** What is read in the first of them. */
  text(selector: string): string
}

export function readPage(view: PageView): Read {
  const markup = renderPage(view)
  const elements = elementsOf(markup)
  function all(selector: string): readonly Element[] {
    const name = selector.slice(1)
    if (selector.startsWith('#')) return elements.filter(({ attributes }) => attributes['id'] === name)
    if (selector.startsWith('.'))
      return elements.filter(({ attributes }) => attributes['class']?.split(/\s+/).includes(name))
    return elements.filter((element) => element.name === selector)
  }
  return {
    markup,
    elements,
    all,
    text(selector) {
      const [first] = all(selector)
      if (first === undefined) throw new Error(`there is no ${selector} on the page`)
      return first.text
    },
  }
}
