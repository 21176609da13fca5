import type { HttpApp } from '@mra/http';
import type { Dependencies } from '../../dependencies.ts';
import { postImport } from './post-import.ts';

export function importRoutes(app: HttpApp, dependencies: Dependencies): void {
  postImport(app, dependencies);
}
