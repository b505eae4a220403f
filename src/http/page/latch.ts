import type { LatchReport } from '../../contract/items.ts'
import { command } from './evidence.ts'
import { foreign, html, type Html } from './html.ts'
import { moment } from './words.ts'

/** That a stop fired in this rollout, what it was, and who has taken note of it or how to do that. */
export function latchNote(id: string, latch: LatchReport, now: string): Html {
  const { at, message, preexisting, acknowledged, culprits } = latch
  const named =
    culprits.length > 0 &&
    html` (${culprits.slice(0, 3).map((key, place) => html`${place > 0 && ', '}${foreign(key)}`)})`
  const origin = preexisting
    ? 'It fired before this rollout began: it blocks, and the rollout is not to blame.'
    : 'It fired during this rollout.'
  return html`<div class="latch">
    <p><strong>Latched</strong> ${moment(at, now)}: ${foreign(message)}${named}. ${origin}</p>
    ${
      acknowledged === null
        ? html`<p>It stops the rollout until somebody takes note of it.</p>
            ${command('Once fixed', `caracal-gate ack ${id} --reason '<why it is safe to go on>'`)}`
        : html`<p>
            <strong>Acknowledged</strong> by ${foreign(acknowledged.actor)} ${moment(acknowledged.at, now)}:
            ${foreign(acknowledged.reason)}
          </p>`
    }
  </div>`
}
