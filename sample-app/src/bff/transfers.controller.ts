import { Body, Controller, Get, Header, Param, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { Request, Response } from 'express';
import { BankApi } from './bank-api.js';
import { CsrfGuard } from './csrf.guard.js';
import { Inspector } from './inspector/inspector.js';
import { formatCents } from './money.js';
import { accountsPage, confirmPage } from './pages.js';
import { signedIn } from './session.js';
import { Confirmations, StepUps } from './step-up/index.js';
import { readTransfer, type Transfer } from './transfer.js';

/** What the browser asks for; whether it may is the bank's to say. */
@Controller('transfers')
@UseGuards(CsrfGuard)
export class TransfersController {
  constructor(
    private readonly bank: BankApi,
    private readonly stepUps: StepUps<Transfer>,
    private readonly confirmations: Confirmations<Transfer>,
    private readonly inspector: Inspector,
  ) {}

  @Post()
  async create(
    @Req() request: Request,
    @Res() response: Response,
    @Body() form: Record<string, unknown>,
  ): Promise<void> {
    const { user } = signedIn(request);
    const accounts = await this.bank.accounts(user.accessToken);
    const transfer = readTransfer(form, accounts);
    if (!('field' in transfer)) return this.#transfer(request, response, transfer);
    const page = accountsPage(this.inspector.visitor(signedIn(request)), accounts, { form, problem: transfer });
    response.status(400).type('html').send(page);
  }

  /** Shows what was asked for before the way to the authorization server, for the user to send. */
  @Get(':id')
  @Header('content-type', 'text/html; charset=utf-8')
  show(@Req() request: Request, @Param('id') id: string): string {
    const session = signedIn(request);
    return confirmPage(this.inspector.visitor(session), id, this.confirmations.show(session, id));
  }

  @Post(':id')
  async confirm(@Req() request: Request, @Res() response: Response, @Param('id') id: string): Promise<void> {
    await this.#transfer(request, response, await this.confirmations.take(signedIn(request), id));
  }

  async #transfer(request: Request, response: Response, transfer: Transfer): Promise<void> {
    const { key, user } = signedIn(request);
    const owner = { key, user };
    const refused = await this.inspector.transferring(owner, this.bank.transfer(user.accessToken, transfer));
    if (refused !== undefined) {
      const url = await this.inspector.departing(owner, this.stepUps.begin(owner, refused, transfer));
      return response.redirect(303, url.href);
    }
    await this.stepUps.forget(owner, this.bank.transferRequest);
    request.session.notice = `${formatCents(transfer.amount)} from ${transfer.from} to ${transfer.to}.`;
    response.redirect(303, '/');
  }
}
