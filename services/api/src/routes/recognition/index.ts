import type { HttpApp } from '@mra/http';
import { createAnswers } from '../../answers.ts';
import type { Dependencies } from '../../dependencies.ts';
import { ask } from './ask.ts';
import { askBatch } from './ask-batch.ts';
import { askByQuery } from './ask-by-query.ts';

export function recognitionRoutes(app: HttpApp, dependencies: Dependencies): void {
  const answers = createAnswers(dependencies);
  askByQuery(app, answers);
  ask(app, answers);
  askBatch(app, answers);
}
