import { Controller, Inject, type OnApplicationBootstrap } from '@nestjs/common';
import { Intake } from '@parlance/bootstrap';
import {
  acceptCall,
  createCall,
  endCall,
  findActiveCall,
  forgetCalls,
  getCall,
  listCalls,
  noteCallSockets,
  signalCall,
} from '@parlance/contracts';
import { SignalService } from '../signal/signal.service.js';
import { SocketService } from '../socket/socket.service.js';
import { CallService } from './call.service.js';

@Controller()
export class CallController implements OnApplicationBootstrap {
  constructor(
    @Inject(Intake) private readonly intake: Intake,
    @Inject(CallService) private readonly calls: CallService,
    @Inject(SignalService) private readonly signals: SignalService,
    @Inject(SocketService) private readonly sockets: SocketService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { calls, signals, sockets } = this;
    await this.intake.open((bus) => [
      bus.serve(createCall, async (input) => calls.create(input)),
      bus.serve(acceptCall, async (input) => calls.accept(input)),
      bus.serve(endCall, async (input) => calls.end(input)),
      bus.serve(getCall, async (input) => calls.get(input)),
      bus.serve(findActiveCall, async ({ tenantId, userId }) => calls.active(tenantId, userId)),
      bus.serve(listCalls, async (input) => calls.list(input)),
      bus.serve(forgetCalls, async (input) => calls.forget(input)),
      bus.serve(signalCall, async (input) => signals.signal(input)),
      bus.serve(noteCallSockets, async (input) => sockets.note(input)),
    ]);
  }
}
