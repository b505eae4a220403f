import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  TextBoxVariableBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { selfFamilies, verdictFamilies } from '../../src/contract/families.ts'

/** The data source that the variable names; no panel names another. */
export const datasource = { type: 'prometheus', uid: '${datasource}' }

const { release } = selfFamilies

export const datasourceVariable = new DatasourceVariableBuilder('datasource')
  .label('Data source')
  .type('prometheus')

/** `All` also finds what carries no label `cluster`. */
export const clusterVariable = query(
  'cluster',
  'Cluster',
  `label_values(${release.name}, cluster)`,
  'A label of Prometheus or of its targets. Where there is none, All is right.',
)
  .includeAll(true)
  .allValue('.*')

const inCluster = `${release.name}{cluster=~"$cluster"}`

export const namespaceVariable = query(
  'release_namespace',
  'Release namespace',
  `label_values(${inCluster}, release_namespace)`,
  'The namespace of the release that is judged, which need not be that of the exporter.',
)

const inNamespace = `${release.name}{cluster=~"$cluster", release_namespace="$release_namespace"}`

export const releaseVariable = query(
  'release_name',
  'Release',
  `label_values(${inNamespace}, release_name)`,
  'The Helm release, as the exporter is configured.',
)

export const gateVariable = several(
  'gate',
  'Gate',
  `label_values(${verdictFamilies.gate.name}, gate)`,
  'Limits "Why not?" and the timeline of gates.',
)

export const componentVariable = several(
  'component',
  'Component',
  `label_values(${verdictFamilies.check.name}{check=~"ready-.+"}, check)`,
  'Limits what is shown of single services.',
).regex('/ready-(.+)/')

export const stopVariable = several(
  'stop_condition',
  'Stop condition',
  `label_values(${verdictFamilies.stop.name}, stop_condition)`,
  'Limits the table and the timeline of stop conditions.',
)

/** Prometheus does not know how a browser reaches the exporter. */
export const pageVariable = new TextBoxVariableBuilder('page_url')
  .label('Page of the exporter')
  .description('Where links to the live page lead, without a slash at the end.')
  .defaultValue('http://127.0.0.1:9465')

export const runbookVariable = new TextBoxVariableBuilder('runbook_url')
  .label('Runbook')
  .description('Where links to the runbook lead, without a slash at the end: the id of a page follows.')
  .defaultValue('http://127.0.0.1:9465/runbook')

/** Every namespace that has a release, for the overview. */
export const namespacesVariable = query(
  'release_namespace',
  'Release namespace',
  `label_values(${inCluster}, release_namespace)`,
  'Limits the overview to some namespaces.',
)
  .multi(true)
  .includeAll(true)
  .allValue('.*')

function several(name: string, label: string, definition: string, description: string): QueryVariableBuilder {
  return query(name, label, definition, description).multi(true).includeAll(true).allValue('.*')
}

function query(name: string, label: string, definition: string, description: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .description(description)
    .datasource(datasource)
    .query({ query: definition, refId: name })
    .definition(definition)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
}
