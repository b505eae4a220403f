import { expect, test } from 'vitest'
import { faultsOf, load, withLines } from './loading.ts'

const at = (url: string) => withLines(`http: { externalUrl: "${url}" }`)

test('the address for links is held without the slash at its end, so that a prefix can follow', async () => {
  const { config } = await load({ yaml: at('https://ops.example.com/gate/') })
  expect(config.http.externalUrl).toBe('https://ops.example.com/gate')
})

test.each([
  'ops.example.com/gate',
  'https://u:hunter2@ops.example.com',
  'https://ops.example.com/?x=1',
  'ftp://x',
])('the address for links is not %s, and no password of it is shown', async (url) => {
  const [fault = '', ...more] = await faultsOf({ yaml: at(url) })
  expect(fault).toContain('a URL like https://gate.example.com')
  expect(fault).not.toContain('hunter2')
  expect(more).toEqual([])
})
