/** Checks of volumes. Source: k8s.io/kubernetes pkg/apis/core/validation/validation.go, ValidateVolumes */
import { duplicate, type FieldError, forbidden, invalid, required } from '../../field-error.ts'
import { each, type Loose } from '../loose.ts'
import { named } from './checks.ts'
import { localPathErrors } from './container.ts'
import { isConfigKey, isDns1123Label } from './names.ts'

const modeErrors = (mode: number | undefined, path: string): FieldError[] =>
  mode !== undefined && (mode < 0 || mode > 0o777)
    ? [invalid(path, mode, 'must be a number between 0 and 0777 (octal), both inclusive')]
    : []

const itemErrors = (items: unknown, path: string): FieldError[] =>
  each(items as Loose[]).flatMap(({ key, path: target, mode }, i) => [
    ...(key ? named(isConfigKey, `${path}[${i}].key`, key) : [required(`${path}[${i}].key`)]),
    ...(target ? localPathErrors(target, `${path}[${i}].path`) : [required(`${path}[${i}].path`)]),
    ...modeErrors(mode, `${path}[${i}].mode`),
  ])

const sourceChecks: Record<string, (source: Loose, path: string) => FieldError[]> = {
  secret: ({ secretName, items, defaultMode }, path) => [
    ...(secretName ? [] : [required(`${path}.secretName`)]),
    ...modeErrors(defaultMode, `${path}.defaultMode`),
    ...itemErrors(items, `${path}.items`),
  ],
  configMap: ({ name, items, defaultMode }, path) => [
    ...(name ? [] : [required(`${path}.name`)]),
    ...modeErrors(defaultMode, `${path}.defaultMode`),
    ...itemErrors(items, `${path}.items`),
  ],
  persistentVolumeClaim: ({ claimName }, path) => (claimName ? [] : [required(`${path}.claimName`)]),
  hostPath: ({ path: target }, path) => {
    if (!target) return [required(`${path}.path`)]
    return target.split('/').includes('..') ? [invalid(`${path}.path`, target, "must not contain '..'")] : []
  },
  nfs: ({ server, path: target }, path) => [
    ...(server ? [] : [required(`${path}.server`)]),
    ...(target ? [] : [required(`${path}.path`)]),
  ],
  projected: ({ defaultMode }, path) => modeErrors(defaultMode, `${path}.defaultMode`),
  downwardAPI: ({ defaultMode }, path) => modeErrors(defaultMode, `${path}.defaultMode`),
}

function sourceErrors(volume: Loose, path: string): FieldError[] {
  const given = Object.keys(volume).filter(key => key !== 'name')
  if (!given.length) return [required(path, 'must specify a volume type')]
  return given.flatMap((name, i) =>
    i
      ? [forbidden(`${path}.${name}`, 'may not specify more than 1 volume type')]
      : (sourceChecks[name]?.(volume[name], `${path}.${name}`) ?? []),
  )
}

export function volumeErrors(volumes: unknown, path: string): FieldError[] {
  const names = new Set<string>()
  return each(volumes as Loose[]).flatMap((volume, i) => {
    const at = `${path}[${i}]`
    const errors = [...sourceErrors(volume, at), ...named(isDns1123Label, `${at}.name`, volume.name)]
    if (volume.name && names.has(volume.name)) errors.push(duplicate(`${at}.name`, volume.name))
    names.add(volume.name)
    return errors
  })
}
