// What writing /metrics costs, with the series of a release and of a large one:
//   node_modules/.bin/node bench/metrics.ts
import { processMetrics } from '../src/http/instruments.ts'
import { renderMetrics } from '../src/http/metrics.ts'
import { aRelease, scrapeOf } from '../test/unit/http/release.ts'
import { summarise } from './statistics.ts'

const scrapes = 300

for (const pods of [12, 600]) {
  const scrape = scrapeOf(aRelease(pods))
  const registries = [...scrape.registries, processMetrics()]
  for (const format of ['text', 'openmetrics'] as const) {
    const latencies: number[] = []
    let text = ''
    for (let count = 0; count < scrapes; count += 1) {
      const startedAt = performance.now()
      text = await renderMetrics({ ...scrape, registries }, format)
      latencies.push(performance.now() - startedAt)
    }
    const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length
    const { median, p99 } = summarise(latencies)
    process.stdout.write(
      `${series} series, ${format}: median ${median.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms of ${scrapes} scrapes\n`,
    )
  }
}
