import { Controller, Get, Header, Req } from '@nestjs/common';
import type { Request } from 'express';
import { BankApi } from './bank-api.js';
import { Inspector } from './inspector/inspector.js';
import { accountsPage, welcomePage } from './pages.js';
import { signedIn } from './session.js';

@Controller()
export class AccountsController {
  constructor(
    private readonly bank: BankApi,
    private readonly inspector: Inspector,
  ) {}

  @Get()
  @Header('content-type', 'text/html; charset=utf-8')
  async show(@Req() request: Request): Promise<string> {
    if (request.session.user === undefined) return welcomePage();
    const session = signedIn(request);
    const accounts = await this.bank.accounts(session.user.accessToken);
    const { notice } = request.session;
    delete request.session.notice;
    return accountsPage(this.inspector.visitor(session), accounts, { notice });
  }
}
