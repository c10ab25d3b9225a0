-- When users were last seen is written again and again: room in their pages for the next version of a row, which then needs no new entry in
-- any index.
alter table identity.app_user set (fillfactor = 80);
