import { Build } from '@slipway/core/api/build'
import { Configuration, labels, Revision } from '@slipway/core/api/serving'
import { reconciler } from '@slipway/core/runtime'
import { type ConfigurationView, desiredConfiguration } from './configuration.desired.ts'
import { buildName, revisionName } from './names.ts'

export const configurationReconciler = reconciler<Configuration, ConfigurationView>({
  name: 'configuration-controller',
  kind: Configuration,
  owns: [Revision, Build],
  observe: (configuration, read) => {
    const { namespace, name, generation } = configuration.metadata
    const wanted = configuration.spec.template.metadata?.name ?? revisionName(name, generation!)
    return {
      configuration,
      revisions: read.ownedBy(Revision, configuration).filter(r => r.metadata.labels?.[labels.configuration] === name),
      build: read.get(Build, namespace, buildName(name, generation!)),
      named: read.get(Revision, namespace, wanted),
    }
  },
  desired: desiredConfiguration,
})
