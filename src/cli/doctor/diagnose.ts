import { maskFor } from '../masking.ts'
import { ConfigError } from '../../config/faults.ts'
import type { ConfigSources } from '../../config/load.ts'
import { plain } from '../../core/text.ts'
import { SECOND, type Millis } from '../../core/time.ts'
import type { Outside } from './area.ts'
import { faultsFound } from './configuration.ts'
import { failed, skipped, type Finding, type Found } from './finding.ts'
import { areas, freeAreas } from './index.ts'
import { openInstallation, type Opened } from './installation.ts'
import { secretsOf } from './secrets.ts'
import { timed } from './timed.ts'
import { listed } from '../../core/lists.ts'

export interface Question {
  readonly sources: ConfigSources
  readonly outside: Outside
  /** Where the running exporter is; absent: where the configuration has it listen. */
  readonly daemonUrl?: string | undefined
  /** Names of areas; absent: all. */
  readonly only?: readonly string[] | undefined
}

export interface Diagnosis {
  /** Whether the configuration can be used at all. */
  readonly isConfigured: boolean
  /** In the order of the areas. */
  readonly findings: readonly Finding[]
}

/** Names by which areas are chosen, in the order in which they are shown. */
export const areaNames: readonly string[] = [...areas, ...freeAreas].map(({ name }) => name)

/** No area takes longer; within it, each question has a bound of its own. */
const AREA_WITHIN: Millis = 20 * SECOND

/** Looks at everything side by side. Never rejects, and ends within the time of one area and what closing takes. */
export async function diagnose(question: Question): Promise<Diagnosis> {
  const isWanted = ({ name }: { readonly name: string }): boolean => question.only?.includes(name) ?? true
  const { outside } = question
  const opened = await openOrFaults(question)
  const free = freeAreas
    .filter(isWanted)
    .map((area) =>
      bounded(area.name, () => area.check('installation' in opened ? opened.installation : outside)),
    )
  if (!('installation' in opened)) {
    const others = areas
      .filter((area) => isWanted(area) && area.name !== 'configuration')
      .map(({ name }) => [{ area: name, ...skipped('all', 'the configuration is wrong, see above') }])
    const faults = opened.faults.map((found) => ({ area: 'configuration', ...found }))
    return {
      isConfigured: false,
      findings: [...faults, ...others.flat(), ...(await Promise.all(free)).flat()],
    }
  }
  const { installation } = opened
  const configured = areas.filter(isWanted).map((area) => bounded(area.name, () => area.check(installation)))
  const findings = explained((await Promise.all([...configured, ...free])).flat())
  await timed(opened.close(), 2 * SECOND)
  return { isConfigured: true, findings: masked(findings, opened) }
}

async function openOrFaults({
  sources,
  outside,
  daemonUrl,
}: Question): Promise<Opened | { readonly faults: readonly Found[] }> {
  try {
    return await openInstallation(sources, outside, daemonUrl)
  } catch (fault) {
    if (fault instanceof ConfigError) return { faults: faultsFound(fault) }
    throw fault
  }
}

async function bounded(area: string, check: () => Promise<readonly Found[]>): Promise<readonly Finding[]> {
  const found = await timed(
    check().catch((fault: unknown) => [
      failed(
        'all',
        `the doctor itself failed here: ${fault instanceof Error ? fault.message : String(fault)}`,
      ),
    ]),
    AREA_WITHIN,
  )
  return (found ?? [failed('all', `no end within ${AREA_WITHIN / SECOND} s`)]).map((one) => ({
    area,
    ...one,
    message: plain(one.message),
  }))
}

/** What can't be told, with the findings that say why. */
export function explained(findings: readonly Finding[]): readonly Finding[] {
  return findings.map((finding) => {
    const { whyNot, blames = [] } = finding
    if (whyNot === undefined) return finding
    const possible = findings.filter(
      ({ state, reasons = [] }) => state !== 'ok' && reasons.some((reason) => whyNot.includes(reason)),
    )
    // Several may refuse for one reason; where the exporter blames one of them it is that one.
    const meant = possible.filter(({ subject }) => blames.includes(subject))
    const causes = meant.length > 0 ? meant : possible
    if (causes.length === 0) return finding
    const named = causes.slice(0, MOST_CAUSES).map(({ area, subject }) => `${area}: ${subject}`)
    const message = `${finding.message}; explained by ${listed(named)}`
    return { ...finding, message, fix: ['# see ' + listed(named)] }
  })
}

const MOST_CAUSES = 4

/** No message should hold a secret; should a server repeat one, it goes no further. */
function masked(findings: readonly Finding[], { installation: { config } }: Opened): readonly Finding[] {
  const { release, postgres, redis } = config
  const known = [release.name, release.namespace, postgres.user, postgres.database, redis.username ?? '']
  const mask = maskFor(
    secretsOf(config).map(({ text }) => text),
    known,
  )
  return findings.map((finding) => ({
    ...finding,
    subject: mask(finding.subject),
    message: mask(finding.message),
    ...(finding.fix !== undefined && { fix: finding.fix.map(mask) }),
  }))
}
