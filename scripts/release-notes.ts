// Prints what the changelog says of a version, for the release: node scripts/release-notes.ts 0.1.0
// Ends with 1 where the version is not that of the package and the chart, or the changelog has it as unreleased.
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parse } from 'yaml'
import packageJson from '../package.json' with { type: 'json' }

/** @throws Error when the changelog has no section of this version, or an empty one */
export function notesOf(changelog: string, version: string): string {
  const section = changelog
    .split(/^## /m)
    .slice(1)
    .find((text) => text.split('\n')[0]?.split(' ')[0] === version)
  if (section === undefined) throw new Error(`CHANGELOG.md has no heading "## ${version}"`)
  const notes = section.slice(section.indexOf('\n')).trim()
  if (notes === '') throw new Error(`CHANGELOG.md says nothing of ${version}`)
  return `${notes}\n`
}

function release(version: string): string {
  const textOf = (file: string) => readFileSync(join(import.meta.dirname, '..', file), 'utf8')
  const chart = parse(textOf('helm/Chart.yaml')) as { version: unknown; appVersion: unknown }
  const versions = { 'package.json': packageJson.version, 'helm/Chart.yaml': chart.version }
  for (const [file, found] of Object.entries({ ...versions, 'its appVersion': chart.appVersion }))
    if (found !== version) throw new Error(`the release is ${version}, and ${file} says ${String(found)}`)
  return notesOf(textOf('CHANGELOG.md'), version)
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === import.meta.filename)
  try {
    process.stdout.write(release(process.argv[2] ?? ''))
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
