Attribute VB_Name = "CallMps"
' Reads a patient's credential from Visual Basic 6. VB6 cannot be run where this project is tested: what it passes is tested
' with programs that pass the same bytes. Save this file in GBK, as VB6 expects it on a Chinese Windows.
Option Explicit

' ByVal ... As String: VB6 passes 8-bit text in the machine's code page, which is GBK on a Chinese Windows.
Private Declare Function MPS_Call Lib "mps_client.dll" (ByVal req As String, ByVal resp As String) As Long

' certType: 01 电子医保凭证, 03 社会保障卡
Public Function ReadCredential(Optional ByVal certType As String = "03") As String
    Dim req As String, resp As String, code As Long
    req = "<?xml version=""1.0"" encoding=""GBK"" ?>" & vbCrLf & _
          "<request><Header><funid>N04.00.00.01</funid><sign>0000000000000000</sign></Header>" & _
          "<Body><mdtrt_cert_type>" & certType & "</mdtrt_cert_type></Body></request>"
    resp = Space$(8192)                 ' the memory that the library may write to
    code = MPS_Call(req, resp)
    If code < 0 Then Err.Raise vbObjectError + 1, "MPS_Call", "MPS_Call: " & code
    ReadCredential = Left$(resp, InStr(resp, vbNullChar) - 1)
End Function
