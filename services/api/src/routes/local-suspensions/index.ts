import type { HttpApp } from '@mra/http';
import type { Dependencies } from '../../dependencies.ts';
import { deleteLocalSuspension } from './delete-local-suspension.ts';
import { putLocalSuspension } from './put-local-suspension.ts';

export function localSuspensionRoutes(app: HttpApp, dependencies: Dependencies): void {
  putLocalSuspension(app, dependencies);
  deleteLocalSuspension(app, dependencies);
}
