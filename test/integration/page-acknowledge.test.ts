import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { initialSnapshot } from '../../src/core/snapshot.ts'
import { authoriser } from '../../src/daemon/tokens.ts'
import type { PublishContext } from '../../src/http/context.ts'
import { openedPages } from '../support/opened-pages.ts'
import { eventually } from '../support/waiting.ts'
import { finding, handMadeRules, newBoard, newContext, play, rollout, start } from '../unit/http/context.ts'

// Acknowledging from the page, in a real chromium. Commands are recorded; carrying them out has its own tests.

const rules = handMadeRules(new Map())
const fired = handMadeRules(
  new Map([
    ['audit-dlq-growing', finding('unmet')],
    ['replay-backlog-aging', finding('unmet')],
  ]),
)
/** Two stops fired in the rollout and are over. */
const latched = {
  snapshot: play(rules, 60, play(fired, 15, { ...initialSnapshot(start, rules), rollout })),
  rules,
}
const token = 'a-token-of-on-call'
const authorise = authoriser({
  write: [
    { name: 'on-call', token, scopes: ['acknowledge'] },
    { name: 'ci', token: 'a-token-of-the-pipeline', scopes: ['rollout'] },
  ],
})
const { commands, recorded } = newContext(newBoard(), rules)
const on: Partial<PublishContext> = { browsersAcknowledge: () => true, authorise, commands }
const pages = openedPages()

beforeAll(() => pages.start())
afterEach(async () => {
  recorded.length = 0
  await pages.closeAll()
})
afterAll(() => pages.end())

async function opened(more: Partial<PublishContext> = on) {
  const viewer = await pages.open(latched, {}, more)
  const form = viewer.page.locator('form').first()
  const outcome = form.locator('.outcome')
  return {
    ...viewer,
    form,
    submit: async (reason: string, given?: string) => {
      await form.getByLabel('Why').fill(reason)
      if (given !== undefined) await form.getByLabel('Token').fill(given)
      await form.getByRole('button', { name: 'Acknowledge' }).click()
    },
    says: (words: string) =>
      eventually(words, async () => ((await outcome.textContent()) ?? '').includes(words)),
  }
}

/** What a browser keeps of this site beyond the page. */
const kept = `JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href, history.state])`

describe('a stop is acknowledged from the page', () => {
  it('with a token that is typed once, by its name, for the reason and the rollout', async () => {
    const { page, form, submit, says, complaints, context } = await opened()
    const reason = 'Entries replayed: עברית, 日本語, "quoted" <b>'
    await submit(reason, token)
    await says('Acknowledged.')
    const stopCondition = await form.getAttribute('data-stop')
    expect(recorded).toEqual([
      {
        command: 'acknowledge',
        args: [
          { stopCondition, rollout: 'caracal/47', reason },
          { name: '', reason, token: 'on-call' },
        ],
      },
    ])
    // The next form does not ask for it again, until it is forgotten.
    const next = page.locator('form').nth(1)
    expect(await next.getByLabel('Token').isVisible()).toBe(false)
    await next.getByLabel('Why').fill('the same')
    await next.getByRole('button', { name: 'Acknowledge' }).click()
    await eventually('both are recorded', () => Promise.resolve(recorded.length === 2))
    await next.getByRole('button', { name: 'Forget' }).click()
    expect(await next.getByLabel('Token').isVisible()).toBe(true)
    expect([await page.evaluate(kept), await context.cookies(), complaints]).toEqual([
      expect.not.stringContaining(token),
      [],
      [],
    ])
  })

  it('only with a reason', async () => {
    const { page, submit } = await opened()
    await submit('', token)
    expect(await page.evaluate('document.activeElement.name')).toBe('reason')
    expect(recorded).toEqual([])
  })

  it('and what is typed stays while the page goes on', async () => {
    const { page, form } = await opened()
    await form.getByLabel('Why').fill('half a rea')
    await page.waitForResponse((response) => response.request().resourceType() === 'fetch')
    await page.waitForResponse((response) => new URL(response.url()).pathname === '/', { timeout: 30_000 })
    expect(await form.getByLabel('Why').inputValue()).toBe('half a rea')
  })
})

describe('no stop is acknowledged from the page', () => {
  it.each([
    ['that is wrong', 'not-a-token-at-all', 'does not know this token'],
    ['that may not', 'a-token-of-the-pipeline', 'has no scope acknowledge'],
  ])('with a token %s, which is not kept', async (_, wrong, words) => {
    const { form, submit, says } = await opened()
    await submit('fixed', wrong)
    await says(words)
    expect(recorded).toEqual([])
    expect(await form.getByLabel('Token').inputValue()).toBe('')
    expect(await form.getByLabel('Token').isVisible()).toBe(true)
    await submit('fixed', token)
    await says('Acknowledged.')
  })

  it('unless the operator has switched it on: there is no form, and the request is refused', async () => {
    const { page } = await opened({ ...on, browsersAcknowledge: () => false })
    expect(await page.locator('form').count()).toBe(0)
    expect(await page.locator('.latch .command').first().isVisible()).toBe(true)
    const status = await page.evaluate(
      `fetch('acknowledgements', { method: 'POST', body: JSON.stringify({ stopCondition: 'audit-dlq-growing', reason: 'x' }),
        headers: { authorization: 'Bearer ${token}', 'content-type': 'application/json' } }).then(({ status }) => status)`,
    )
    expect([status, recorded]).toEqual([403, []])
  })

  it('without script: there is the command', async () => {
    const { page } = await pages.open(latched, { javaScriptEnabled: false }, on)
    expect(await page.locator('form').first().isVisible()).toBe(false)
    expect(await page.locator('.latch .command code').first().innerText()).toContain('caracal-gate ack')
  })

  it('by a page of another site, whatever it sends', async () => {
    const { page, url } = await opened()
    const other = createServer(
      (_, reply) => void reply.setHeader('content-type', 'text/html').end('<p>other'),
    )
    await new Promise<void>((done) => void other.listen(0, '127.0.0.1', done))
    await page.goto(`http://127.0.0.1:${(other.address() as AddressInfo).port}/`)
    const body = JSON.stringify({ stopCondition: 'audit-dlq-growing', reason: 'x' })
    const send = (init: string) =>
      page.evaluate(
        `fetch('${url}/acknowledgements', ${init}).then(({ type, status }) => type + status, () => 'refused')`,
      )
    const json = `{ method: 'POST', body: '${body}', headers: { authorization: 'Bearer ${token}', 'content-type': 'application/json' } }`
    expect(await send(json)).toBe('refused')
    expect(await send(`{ method: 'POST', mode: 'no-cors', body: '${body}' }`)).toBe('opaque0')
    expect(recorded).toEqual([])
    other.close()
    other.closeAllConnections()
  })
})
