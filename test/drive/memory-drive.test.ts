import { createMemoryDrive } from '../../src/drive/memory-drive.ts';
import { describeDrive } from '../contracts/drive.ts';

describeDrive('MemoryDrive', async () => ({ drive: createMemoryDrive() }));
