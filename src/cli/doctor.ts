import { command } from './command.ts'
import { noColor, text, textOrJson, texts } from './options.ts'
import { configuration } from './serve.ts'

/** The options of `caracal-gate doctor`. */
export const doctorOptions = {
  ...configuration,
  only: texts('AREA,...', 'check only these, e.g. postgres,redis'),
  url: text('URL', 'the running exporter (default: the address of http.listen)'),
  prometheus: text('URL', 'check there that our rules are loaded and our series arrive (default: alerting)'),
  alertmanager: text('URL', 'check there that the watchdog alert has a receiver'),
  output: textOrJson,
  noColor,
}

/** `caracal-gate doctor`: why a verdict is or was unknown, and what fixes it. */
export const doctor = command({
  name: 'doctor',
  area: 'run',
  says: 'say why a verdict is or was unknown, and how to fix it',
  more: [
    'Run it where the exporter runs, with the same configuration. It checks everything that the exporter needs: host names, network, certificates, bearer, permissions in Postgres, Redis and Kubernetes, clocks, the running exporter and the rules in Prometheus, and prints the fix for each error. It changes nothing and is done within half a minute.',
    'Exits 0 when nothing failed, though there may be warnings; 2 when the configuration is wrong; 5 when something failed, so that a verdict is unknown.',
  ],
  options: doctorOptions,
  exits: [0, 5],
  examples: [
    ['caracal-gate doctor --config /etc/caracal-gate/config.yaml', 'check everything'],
    ['caracal-gate doctor --only postgres,redis', 'only the permissions there'],
    [
      'caracal-gate doctor --prometheus http://prometheus:9090 --alertmanager http://alertmanager:9093',
      'the way to the person on call too',
    ],
  ],
  async run(process, values) {
    const { runDoctor } = await import('./doctor/command.ts')
    return runDoctor(process, values)
  },
})
