import { Controller, Get, Header, Req } from '@nestjs/common';
import type { Request } from 'express';
import { BankApi } from './bank-api.js';
import { accountsPage, welcomePage } from './pages.js';
import { signedIn } from './session.js';

@Controller()
export class AccountsController {
  constructor(private readonly bank: BankApi) {}

  @Get()
  @Header('content-type', 'text/html; charset=utf-8')
  async show(@Req() request: Request): Promise<string> {
    if (request.session.user === undefined) return welcomePage();
    const { csrfToken, user } = signedIn(request);
    const accounts = await this.bank.accounts(user.accessToken);
    const { notice } = request.session;
    delete request.session.notice;
    return accountsPage({ name: user.subject, csrfToken }, accounts, notice);
  }
}
