/** Every case, by topic; a topic is a file of cases and a file of recorded answers. */
import type { ContractCase } from './case.ts'
import { createAndRead } from './cases/create-and-read.ts'
import { customResources } from './cases/custom-resources.ts'
import { defaulting } from './cases/defaulting.ts'
import { deletion } from './cases/deletion.ts'
import { discoveryDocuments } from './cases/discovery.ts'
import { dryRunAndFieldValidation } from './cases/dry-run-and-field-validation.ts'
import { lists } from './cases/lists.ts'
import { patches } from './cases/patches.ts'
import { protocol } from './cases/protocol.ts'
import { serverSideApply } from './cases/server-side-apply.ts'
import { subresources } from './cases/subresources.ts'
import { tables } from './cases/tables.ts'
import { updates } from './cases/updates.ts'
import { validation } from './cases/validation.ts'
import { watches } from './cases/watches.ts'

export const topics: Record<string, ContractCase[]> = {
  'create-and-read': createAndRead,
  'custom-resources': customResources,
  defaulting,
  deletion,
  discovery: discoveryDocuments,
  'dry-run-and-field-validation': dryRunAndFieldValidation,
  lists,
  patches,
  protocol,
  'server-side-apply': serverSideApply,
  subresources,
  tables,
  updates,
  validation,
  watches,
}
