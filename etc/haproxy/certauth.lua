-- HAProxy's action "certauth" asks certauth-hook(8) about the person's
-- certificate; certauth.cfg beside it says what follows from the answer.
--
-- Sets txn.certauth_status: 200, 401, 403 or 503, and 0 if anything else
-- happened.  With 200, txn.certauth_account; else txn.certauth_reason, and
-- txn.certauth_fallback where the login page is the answer.

local SOCKET = "unix@/run/certauth-hook/haproxy.sock"

-- In milliseconds.  HAProxy 2.6 tries four times and cannot be told not to:
-- this is a quarter of the 2.8 seconds in which the hook answers.  lookupd
-- searches only once for questions that are the same.
local TIMEOUT = 700

-- One value of a header, counted from 0; two of them are none.
local function only(headers, name)
  local values = headers and headers[name]
  if values and values[0] and not values[1] then return values[0] end
end

core.register_action("certauth", { "http-req" }, function(txn)
  txn:set_var("txn.certauth_status", 0)
  txn:unset_var("txn.certauth_account")
  txn:unset_var("txn.certauth_reason")
  txn:unset_var("txn.certauth_fallback")

  -- The path is for the listener's admin_path.
  local path = txn.f:path()
  if not path or not path:match("^/[!-~]*$") then return end
  local headers = {
    ["host"] = { "localhost" },
    ["x-real-ip"] = { txn.sf:src() },
    ["x-ssl-verify"] = { "NONE" },
  }
  -- Not ssl_fc_has_crt, which is false where a session is resumed.
  if txn.f:ssl_c_used() == 1 then
    local verify = txn.f:ssl_c_verify()
    local der = txn.f:ssl_c_der()
    if not der then return end
    headers["client-cert"] = { ":" .. txn.c:base64(der) .. ":" }
    headers["x-ssl-verify"] = { verify == 0 and "SUCCESS" or
      "FAILED:" .. tostring(verify) }
  end

  -- A hook that is down or hangs is 503 or 504 here, or nothing at all.
  local answer = core.httpclient():get{ url = "http://localhost" .. path,
    dst = SOCKET, timeout = TIMEOUT, headers = headers }
  if not answer then return end
  if answer.status == 200 then
    local account = only(answer.headers, "x-certauth-account")
    if not account then return end
    txn:set_var("txn.certauth_account", account)
  else
    txn:set_var("txn.certauth_reason",
      only(answer.headers, "x-certauth-reason") or "unavailable")
    txn:set_var("txn.certauth_fallback",
      only(answer.headers, "x-certauth-fallback") or "none")
  end
  txn:set_var("txn.certauth_status", answer.status)
end, 0)
