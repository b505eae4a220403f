import * as z from 'zod'
import { clientTls, user } from './connection-schema.ts'
import { bearer, password, type ContentFields } from './contents.ts'
import { absentIsEmpty, flag, list, text, url } from './fields.ts'

const allowed = 'a URL like http://prometheus:9090, without user, password, query or fragment'

function serverUrl(description: string) {
  return url(description, allowed, {
    pattern: /^https?:\/\/[^/]+/,
    problem(found) {
      if (found.port === '0') return 'a URL with a port from 1 to 65535'
      return found.username + found.password + found.search + found.hash === '' ? undefined : allowed
    },
    hold: (written) => new URL(written).href.replace(/\/+$/, ''),
  })
}

/** How the exporter proves to a server who it is; both speak HTTP. */
function login(contents: ContentFields, of: string) {
  const { secret } = contents
  return {
    bearer: secret(`Bearer token for ${of}.`, bearer).exactOptional(),
    username: user(`User of ${of}, if it asks for a password.`).exactOptional(),
    password: secret('Password of that user.', password).exactOptional(),
    tls: clientTls(contents, of, {}).prefault({}),
  }
}

/** Where alerts are evaluated and sent from; absent: whether they arrive is not asked. */
export function alertingSchema(contents: ContentFields) {
  return z
    .strictObject({
      prometheus: absentIsEmpty(
        z.strictObject({
          url: serverUrl('The Prometheus that scrapes the exporter and evaluates the alerts.'),
          ...login(contents, 'Prometheus'),
        }),
      ),
      alertmanager: absentIsEmpty(
        z.strictObject({
          urls: list(
            'Every Alertmanager that this Prometheus sends alerts to, not a load balancer before them.',
            serverUrl('One Alertmanager.'),
            'a list of URLs like http://alertmanager-0:9093',
            'urls',
          ),
          filter: list(
            'Matchers for the labels that this Prometheus adds to its alerts, such as `cluster="prod-1"`, if other Prometheus send to these Alertmanagers too.',
            text(
              'One matcher.',
              'a matcher like cluster="prod-1"',
              /^[A-Za-z_][A-Za-z0-9_]*(=|!=|=~|!~).{0,200}$/,
            ),
            'a list of matchers like cluster="prod-1"',
          ).exactOptional(),
          ...login(contents, 'Alertmanager'),
        }),
      ),
      receiver: text(
        'Receiver that the watchdog must reach. Without it, any receiver that notifies will do.',
        'the name of a receiver, at most 200 characters',
        /^.{1,200}$/,
      ).exactOptional(),
      secondPath: flag(
        'Whether the rules on the platform’s own metrics (`alerts/platform.rules.yaml`) must be loaded, and those metrics scraped.',
      ).default(true),
    })
    .exactOptional()
}
