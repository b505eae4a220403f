import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { removeFolder, temporaryFolder } from '../../rig/processes.ts'
import { startPrometheus } from '../../rig/prometheus.ts'

// Debian's package of promtool has the server too.
it('scrapes, records, alerts, and takes another target', async () => {
  const server = createServer((request, response) => {
    response.end(`colour{path="${request.url}"} ${request.headers.authorization === 'Bearer open' ? 1 : 0}\n`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const folder = await temporaryFolder('rules')
  const ruleFile = join(folder, 'a.rules.yaml')
  await writeFile(
    ruleFile,
    'groups: [{name: a, rules: [{record: twice, expr: 2 * colour}, {alert: Shut, expr: colour == 0}]}]',
  )
  const prometheus = await startPrometheus({
    targets: [{ job: 'one', address, bearer: 'open', labels: { cluster: 'east' } }],
    ruleFiles: [ruleFile],
  })
  try {
    const [recorded] = await prometheus.until('the rule is evaluated', 'twice')
    expect(recorded).toMatchObject({
      value: 2,
      labels: { path: '/metrics', job: 'one', cluster: 'east', instance: address },
    })
    const shut = { job: 'two', address, path: '/other' }
    await prometheus.configure({ targets: [{ job: 'three', address, bearer: 'open' }, shut] })
    await prometheus.until('a target that left is gone', 'colour{job="one"}', ({ length }) => length === 0)
    await prometheus.until('the alert fires', 'ALERTS{alertname="Shut", alertstate="firing", job="two"}')
    expect(await prometheus.alerts()).toMatchObject([{ state: 'firing', labels: { path: '/other' } }])
    expect((await prometheus.rules())[0]?.rules.map(({ health }) => health)).toEqual(['ok', 'ok'])
    const end = Date.now() / 1_000
    const [line] = await prometheus.queryRange('colour{job="two"}', { start: end - 5, end, step: 1 })
    expect(line?.points.at(-1)?.[1]).toBe(0)
    await prometheus.until('the third target is seen', 'colour{job="three"}')
    expect(await prometheus.series('colour')).toHaveLength(3)
    await expect(prometheus.query('colour{')).rejects.toThrow(/parse error/)
    expect(await prometheus.query('1 / 0')).toMatchObject([{ value: Infinity, labels: {} }])
  } finally {
    await prometheus.stop()
    await removeFolder(folder)
    await new Promise((resolve) => server.close(resolve))
  }
})
