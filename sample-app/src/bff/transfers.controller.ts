import { Body, Controller, Get, Header, Param, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { Request, Response } from 'express';
import { BankApi } from './bank-api.js';
import { CsrfGuard } from './csrf.guard.js';
import { inEuros } from './money.js';
import { confirmPage } from './pages.js';
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
  ) {}

  @Post()
  async create(
    @Req() request: Request,
    @Res() response: Response,
    @Body() form: Record<string, unknown>,
  ): Promise<void> {
    signedIn(request);
    await this.#transfer(request, response, readTransfer(form));
  }

  /** Shows what was asked for before the way to the authorization server, for the user to send. */
  @Get(':id')
  @Header('content-type', 'text/html; charset=utf-8')
  show(@Req() request: Request, @Param('id') id: string): string {
    const { key, csrfToken, user } = signedIn(request);
    return confirmPage({ name: user.subject, csrfToken }, id, this.confirmations.show({ key, user }, id));
  }

  @Post(':id')
  async confirm(@Req() request: Request, @Res() response: Response, @Param('id') id: string): Promise<void> {
    await this.#transfer(request, response, await this.confirmations.take(signedIn(request), id));
  }

  async #transfer(request: Request, response: Response, transfer: Transfer): Promise<void> {
    const { key, user } = signedIn(request);
    const refused = await this.bank.transfer(user.accessToken, transfer);
    if (refused !== undefined) {
      const url = await this.stepUps.begin({ key, user }, refused, transfer);
      return response.redirect(303, url.href);
    }
    await this.stepUps.forget({ key, user }, this.bank.transferRequest);
    request.session.notice = `${inEuros(transfer.amount)} went from ${transfer.from} to ${transfer.to}.`;
    response.redirect(303, '/');
  }
}
