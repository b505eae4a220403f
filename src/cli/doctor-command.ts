import { help, type Command } from './command.ts'
import { configuration } from './run-commands.ts'

/** `caracal-gate doctor`, as the parser and the help read it; what it does is in `src/cli/doctor`. */
export const doctor: Command = {
  name: 'doctor',
  area: 'run',
  says: 'say why the exporter can’t tell, or could not, and what fixes it',
  more: [
    'Run it where the exporter runs, with the same configuration. It looks at everything that the exporter needs:',
    'names, network, certificates, bearer, rights in Postgres, Redis and Kubernetes, clocks, the running exporter and',
    'the rules in Prometheus. Whatever is wrong comes with the line that fixes it. It changes nothing and is done',
    'within half a minute.',
    '',
    'Exits 0 when nothing failed, though there may be warnings; 2 when the configuration is wrong; 5 when something',
    'failed, so that the exporter can’t tell.',
  ],
  options: {
    ...configuration,
    only: { value: 'AREA,...', says: 'look only at these, e.g. postgres,redis' },
    url: { value: 'URL', says: 'the running exporter (default: where http.listen says)' },
    prometheus: { value: 'URL', says: 'see there whether our rules are loaded and our series arrive' },
    alertmanager: { value: 'URL', says: 'see there whether the watchdog reaches somebody' },
    output: { value: 'text|json', short: 'o', says: 'form of what goes to stdout (default text)' },
    'no-color': { says: 'no colours; NO_COLOR does the same' },
    help,
  },
  exits: [0, 5],
  examples: [
    ['caracal-gate doctor --config /etc/caracal-gate/config.yaml', 'look at everything'],
    ['caracal-gate doctor --only postgres,redis', 'only at the rights there'],
    [
      'caracal-gate doctor --prometheus http://prometheus:9090 --alertmanager http://alertmanager:9093',
      'the way to whoever is on call too',
    ],
  ],
}
