// `npm run site`: builds the documentation as a site in dist/site, and fails on a link that leads nowhere. The generator
// is a package of its own, site/, so that neither `npm ci` nor the demo installs it. SITE_BASE is the path it is served at.
import { spawnSync } from 'node:child_process'
import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import packageJson from '../../package.json' with { type: 'json' }
import { openApi } from '../../src/http/openapi.ts'
import { apiPage } from './api-page.ts'

const root = resolve(import.meta.dirname, '../..')
const site = join(root, 'site')
const pages = join(site, 'pages')

/** What the site shows, as it lies in the repository. */
const shown = [
  'docs',
  'README.md',
  'ARCHITECTURE.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'SPEC.md',
  'helm/README.md',
]

/** Copies the pages, and adds the one that exists only here. */
async function gather(): Promise<void> {
  await rm(pages, { recursive: true, force: true })
  for (const part of shown) {
    await mkdir(dirname(join(pages, part)), { recursive: true })
    await cp(join(root, part), join(pages, part), { recursive: true })
  }
  await writeFile(join(pages, 'docs/reference/api.md'), apiPage(openApi(packageJson.version)))
}

function run(...command: readonly string[]): void {
  const { status } = spawnSync('npm', command, { cwd: site, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

run('ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error')
await gather()
run('run', '--silent', 'build')
