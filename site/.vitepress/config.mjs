import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { defineConfig } from 'vitepress'

const pages = resolve(import.meta.dirname, '../pages')

/** The order of a folder is the one in which the index names its pages. */
const index = readFileSync(join(pages, 'docs/README.md'), 'utf8')

function section(text, folder, collapsed = false) {
  const files = readdirSync(join(pages, folder)).filter((file) => file.endsWith('.md'))
  const place = (file) => {
    const at = index.indexOf(`(${folder.replace('docs/', '')}/${file})`)
    return at === -1 ? Number.MAX_SAFE_INTEGER : at
  }
  const sorted = files.toSorted((one, other) => place(one) - place(other) || one.localeCompare(other))
  return { text, collapsed, items: sorted.map((file) => entry(`${folder}/${file}`)) }
}

function entry(file) {
  const title = /^# (.+)$/m.exec(readFileSync(join(pages, file), 'utf8'))?.[1] ?? file
  return { text: title.replaceAll('`', ''), link: `/${file.replace(/(README)?\.md$/, '')}` }
}

/** As GitHub does it: a link to a heading works in both. */
function slugify(title) {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}

/** A file of the repository that is no page of the site is named, not linked. */
function unlinkSources(md) {
  md.core.ruler.after('inline', 'unlink-sources', ({ tokens, env }) => {
    for (const { children } of tokens)
      children?.forEach((token, at) => {
        const href = token.type === 'link_open' ? token.attrGet('href') : null
        if (href === null || /^([a-z]+:|#)|\.md(#|$)/.test(href)) return
        const close = children.findIndex((each, later) => later > at && each.type === 'link_close')
        if (existsSync(resolve(env.realPath ?? env.path, '..', href))) return
        for (const edge of [token, children[close]])
          Object.assign(edge, { type: 'text', content: '', tag: '' })
      })
  })
}

/** Braces in a page are text: templates of Helm and GitHub, never of Vue. */
function escapeBraces(md) {
  for (const kind of ['text', 'code_inline']) {
    const render = md.renderer.rules[kind]
    md.renderer.rules[kind] = (...held) => render(...held).replaceAll('{{', '&#123;&#123;')
  }
}

function configureMarkdown(md) {
  md.use(unlinkSources).use(escapeBraces)
}

export default defineConfig({
  title: 'caracal-gate-exporter',
  description: 'May this Caracal rollout proceed?',
  base: process.env.SITE_BASE ?? '/',
  srcDir: 'pages',
  outDir: '../dist/site',
  cacheDir: 'node_modules/.cache',
  // One of them is the index of the search.
  vite: { build: { chunkSizeWarningLimit: 5_000 } },
  rewrites: { 'README.md': 'index.md', ':folder(.*)/README.md': ':folder/index.md' },
  // `{id}` in a heading is text too.
  markdown: { anchor: { slugify }, attrs: { disable: true }, config: configureMarkdown },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Documentation', link: '/docs/' },
      { text: 'Runbook', link: '/docs/runbook/' },
      { text: 'HTTP API', link: '/docs/reference/api' },
      { text: 'Changes', link: '/CHANGELOG' },
    ],
    sidebar: [
      { text: 'Start', items: [entry('README.md'), entry('docs/README.md'), entry('docs/use/concepts.md')] },
      section('Operate', 'docs/operate'),
      section('Use', 'docs/use'),
      section('Pipelines', 'docs/use/pipelines', true),
      section('Runbook', 'docs/runbook', true),
      section('Reference', 'docs/reference'),
      section('Internals', 'docs/internals', true),
    ],
  },
})
