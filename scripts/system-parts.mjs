// What tests, demo and benchmark take from the system and npm does not bring. Plain JavaScript, because
// scripts/run.mjs reads it under whatever Node the machine has.
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const usualFolders = ['/usr/bin', '/usr/sbin', '/sbin', '/usr/local/bin', '/opt/homebrew/bin']

const parts = [
  {
    name: 'redis-server',
    programs: ['redis-server', 'valkey-server'],
    variable: 'REDIS_BIN',
    debianPackage: 'redis-server',
    advice:
      'Debian: apt-get install --no-install-recommends redis-server; macOS: brew install redis; or set REDIS_BIN',
  },
  {
    name: 'promtool',
    programs: ['promtool'],
    debianPackage: 'prometheus',
    advice: 'Debian: apt-get install --no-install-recommends prometheus; macOS: brew install prometheus',
  },
  {
    name: 'alertmanager',
    programs: ['prometheus-alertmanager', 'alertmanager'],
    debianPackage: 'prometheus-alertmanager',
    advice:
      'Debian: apt-get install --no-install-recommends prometheus-alertmanager; macOS: brew install alertmanager',
  },
  {
    name: 'chromium',
    programs: ['chromium', 'chromium-browser', 'google-chrome'],
    variable: 'CHROMIUM_BIN',
    debianPackage: 'chromium',
    advice: 'Debian: apt-get install --no-install-recommends chromium; or set CHROMIUM_BIN',
  },
  {
    name: 'psql',
    programs: ['psql'],
    debianPackage: 'postgresql-client',
    advice:
      'Debian: apt-get install --no-install-recommends postgresql-client; macOS: brew install libpq (15 or newer)',
  },
  {
    name: 'faketime',
    programs: ['faketime'],
    debianPackage: 'faketime',
    advice: 'Debian: apt-get install --no-install-recommends faketime; Linux only, for a clock of its own',
  },
  {
    name: 'pgbouncer',
    programs: ['pgbouncer'],
    debianPackage: 'pgbouncer',
    advice: 'Debian: apt-get install --no-install-recommends pgbouncer; macOS: brew install pgbouncer',
  },
  {
    name: 'iproute2',
    programs: ['ip'],
    debianPackage: 'iproute2',
    advice: 'Debian: apt-get install --no-install-recommends iproute2; Linux only, for the addresses of pods',
  },
  // What a real node is made of beside Kubernetes, and its images: npm run test:node.
  ...Object.entries({
    containerd: 'containerd',
    runc: 'runc',
    iptables: 'iptables',
    ipset: 'ipset',
    conntrack: 'conntrack',
    dnsmasq: 'dnsmasq-base',
    buildah: 'buildah',
    debootstrap: 'debootstrap',
  }).map(([name, debianPackage]) => ({
    name,
    programs: [name],
    debianPackage,
    advice: `Debian: apt-get install --no-install-recommends ${debianPackage}; Linux only, for a node of Kubernetes`,
  })),
  {
    name: 'cni',
    programs: ['../lib/cni/ptp'],
    debianPackage: 'containernetworking-plugins',
    advice: 'Debian: apt-get install --no-install-recommends containernetworking-plugins; Linux only',
  },
]

function isThere(part) {
  const given = part.variable ? process.env[part.variable] : undefined
  if (given) return existsSync(given)
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...usualFolders]
  return folders.some(
    (folder) => folder !== '' && part.programs.some((name) => existsSync(join(folder, name))),
  )
}

/** The parts among `names` that this machine lacks, each with the advice how to get it. */
export function missingParts(names) {
  return parts.filter((part) => names.includes(part.name) && !isThere(part))
}
