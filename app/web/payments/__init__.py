"""Pages of payments: asking for one, paying it by transfer or by card, statements, receipts."""
