/**
 * Where the embedded API server answers otherwise than Kubernetes, and why that is right. What is not listed here fails the suite,
 * and so does an entry that no longer holds. docs/reference/api-differences.md is made from this list (`npm run test:kubernetes -- --docs`).
 */
export interface ListedDifference {
  /** `topic/name of the case`; `*` stands for anything. */
  case: string
  /** `step.field`, such as `1.body.message`; `*` stands for anything. */
  path: string
  reason: string
}

const because = (reason: string, ...rows: [string, string?][]): ListedDifference[] =>
  rows.map(([name, path = '*']) => ({ case: name, path, reason }))

export const differences: ListedDifference[] = [
  ...because(
    'The text shows a Go value, or a difference of two, as the server’s own types have it; here the object itself is shown.',
    ['updates/immutable: Job template', '*message'],
    ['updates/immutable: Pod command', '*message'],
    ['updates/immutable: Pod container names', '*message'],
    ['subresources/Pod: an ephemeral container by the Pod itself', '*message'],
  ),
  ...because(
    'The text shows the whole patched object as JSON, whose fields come in another order here.',
    ['dry-run-and-field-validation/field validation: in a merge patch', '*message'],
    ['patches/JSON patch: makes a typed object of a wrong type', '*message'],
    ['patches/merge patch: with another kind', '*message'],
  ),
  ...because(
    'The words are those of Go’s parser of regular expressions, JSON or YAML; another parser finds the same fault in other words.',
    ['lists/pagination: with a bad token', '*message'],
    ['protocol/body: bad YAML', '*message'],
    ['server-side-apply/apply: bad YAML', '*message'],
  ),
  ...because(
    'Kubernetes takes a multipleOf below 1 for 0 when the value is an integer, and refuses the value; here it is checked.',
    ['custom-resources/schema: exclusive minimum'],
    ['custom-resources/schema: an integer that is written as a fraction'],
  ),
  ...because('A method that makes no sense at a path is refused; Kubernetes lets some through.', [
    'protocol/method: POST to discovery',
  ]),
  ...because('Protobuf is read but not written: an error is told in JSON.', [
    'protocol/media type: wanted: protobuf of a custom resource',
  ]),
  ...because('No OpenID configuration is published: the server’s tokens are for itself.', [
    'protocol/path: of the root lists paths',
  ]),
  ...because(
    'Every change since the first start is remembered for a while, so that version 1 of a young store is not yet too old. A version that is answers 410.',
    ['watches/watch: from a version long gone'],
  ),
  ...because(
    'Kubernetes warns of a field that it does not know in a version that it does not know either; here the version alone is refused.',
    ['patches/merge patch: with another apiVersion', '1.warnings'],
  ),
  ...because('A Pod gets a service account’s token only when it asks for one by a projected volume.', [
    'defaulting/defaults of a Pod: with a service account and its token',
  ]),
  ...because(
    'Proxying to nodes, Pods and Services through the API server, resizing in place, and component statuses are not served.',
    ['discovery/discovery: /api/v1', '0.body.resources.componentstatuses'],
    ['discovery/discovery: /api/v1', '0.body.resources.*/proxy'],
    ['discovery/discovery: /api/v1', '0.body.resources.pods/resize'],
  ),
  ...because(
    'A value of a wrong type in a strategic patch is told with its field, as in every other body; Kubernetes names only the Go type.',
    ['patches/strategic merge patch: a value of a wrong type', '*message'],
  ),
  ...because('There is no taint controller: the one node takes pods as soon as it is there.', ['defaulting/defaults of: a Node']),
  ...because('There is no protection of volume claims in use.', ['defaulting/defaults of: a PersistentVolumeClaim']),
]
