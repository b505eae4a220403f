/** Addresses of the dashboards in Grafana: links in alerts carry them, so they never change. */
export const rolloutUid = 'caracal-rollout'
export const fleetUid = 'caracal-fleet'
