import { Controller, Inject, type OnApplicationBootstrap } from '@nestjs/common';
import { Intake } from '@parlance/bootstrap';
import { getFile, registerFile } from '@parlance/contracts';
import { FileService } from './file.service.js';

@Controller()
export class FileController implements OnApplicationBootstrap {
  constructor(
    @Inject(Intake) private readonly intake: Intake,
    @Inject(FileService) private readonly files: FileService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { files } = this;
    await this.intake.open((bus) => [
      bus.serve(registerFile, async ({ tenantId, file, key }) => ({
        file: await files.register(tenantId, file, key),
      })),
      bus.serve(getFile, async ({ tenantId, fileId, viewerId }) => files.get(tenantId, fileId, viewerId)),
    ]);
  }
}
