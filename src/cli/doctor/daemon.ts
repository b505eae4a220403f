import { objectsAt } from '../../kubernetes/manifest/objects.ts'
import type { Area } from './area.ts'
import { askDaemon } from './daemon-question.ts'
import { judgeReport, type Own } from './daemon-verdicts.ts'
import { failed, skipped } from './finding.ts'
import { objectIn } from './web.ts'

/** Whether the running exporter is this program with this configuration, and what it can't tell. */
export const daemon: Area = {
  name: 'exporter',
  title: 'The running exporter',
  async check(installation) {
    const { config, version, configHash } = installation
    const { url, isGiven } = installation.daemon
    if (!isGiven && config.http.listen.port === 0)
      return [
        skipped('answer', 'http.listen has port 0, so nobody knows where it is', [
          'caracal-gate doctor --url <URL>',
        ]),
      ]
    const answer = await askDaemon(installation, 'gates')
    if ('fault' in answer) {
      const fix = ['# run the doctor where the exporter runs, or name it: --url <URL>']
      return [
        isGiven
          ? failed('answer', answer.fault, fix)
          : skipped('answer', `none runs here: ${answer.fault}`, fix),
      ]
    }
    const report = objectIn(answer.body)
    if (answer.status === 401 || answer.status === 403)
      return [
        failed(
          'answer',
          `${url} does not take the first of http.readTokens (${answer.status}): it runs with others`,
          [
            'kill -HUP <its process>   # it reads its configuration anew; in a cluster: kubectl rollout restart deployment/<it>',
          ],
        ),
      ]
    if (report?.['kind'] !== 'GateReport' || objectsAt(report, 'gates').length === 0)
      return [
        failed('answer', `${url} answers ${answer.status} and is no exporter that judges`, [
          'caracal-gate doctor --url <URL>',
        ]),
      ]
    const own: Own = { version, configHash, url }
    return judgeReport(report, own)
  },
}
