import { describeMatrixPart } from './matrix-part.ts';

describeMatrixPart(3);
