import { describeModelPart } from './model-part.ts';

describeModelPart(0);
