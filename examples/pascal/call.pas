{ Reads a patient's credential.  usage: call [mdtrt_cert_type]     01 electronic credential, 03 card (the default)
  For Delphi and Free Pascal. PAnsiChar, not PChar: since Delphi 2009 PChar is UTF-16. }
program call;

{$APPTYPE CONSOLE}

function MPS_Call(req, resp: PAnsiChar): Integer; stdcall; external 'mps_client.dll';

var
  kind, request: AnsiString;
  response: array[0..8191] of AnsiChar; { no smaller than response_capacity in mps.toml }
  code: Integer;
begin
  kind := '03';
  if ParamCount > 0 then
    kind := AnsiString(ParamStr(1));
  request :=
    '<?xml version="1.0" encoding="GBK" ?>'#10 +
    '<request>'#10 +
    '    <Header>'#10 +
    '        <funid>N04.00.00.01</funid>'#10 +
    '        <sign>0000000000000000</sign>'#10 +
    '    </Header>'#10 +
    '    <Body>'#10 +
    '        <mdtrt_cert_type>' + kind + '</mdtrt_cert_type>'#10 +
    '    </Body>'#10 +
    '</request>';
  response[0] := #0;
  code := MPS_Call(PAnsiChar(request), response);
  if code < 0 then
  begin
    WriteLn('MPS_Call: ', code);
    Halt(1);
  end;
  WriteLn(PAnsiChar(@response[0])); { in the request's charset, GBK }
end.
