@echo off
rem The launcher for Windows: makes what is missing (a virtual environment with what requirements.lock names), then runs the
rem command. Only files whose checksums are in the lock are installed, and nothing is built. .ready is a copy of the lock.
setlocal
set "HERE=%~dp0"
set "VENV=%HERE%.venv"
if defined LAB_VENV set "VENV=%LAB_VENV%"
fc /b "%HERE%requirements.lock" "%VENV%\.ready" >nul 2>nul && goto run
where py >nul 2>nul && (set "PYTHON=py -3") || (set "PYTHON=python")
%PYTHON% -c "import sys; sys.exit(sys.version_info < (3, 11))" || (
    echo lab needs Python 3.11 or newer: winget install Python.Python.3.12 1>&2
    exit /b 2
)
where wsl >nul 2>nul && wsl --status >nul 2>nul && (
    echo lab is at its best in WSL 2: clone this repository into the home of your Linux there, and run ./lab up 3 1>&2
    echo Here it goes on with Vagrant and Hyper-V or VirtualBox: lab up 3 --driver vagrant:hyperv 1>&2
)
echo ... setting up a Python environment (once, about a minute) 1>&2
%PYTHON% -m venv "%VENV%" || exit /b 2
"%VENV%\Scripts\python" -m pip install --disable-pip-version-check -q --require-hashes --only-binary :all: -r "%HERE%requirements.lock" || (
    echo installing the Python packages failed: nothing is used that requirements.lock does not name 1>&2
    exit /b 2
)
"%VENV%\Scripts\python" -c "import os, sys, sysconfig; open(os.path.join(sysconfig.get_path('purelib'), 'lab.pth'), 'w').write(os.path.normpath(sys.argv[1]))" "%HERE%." || exit /b 2
copy /y /b "%HERE%requirements.lock" "%VENV%\.ready" >nul
:run
set "LAB_LAUNCHER=%0"
"%VENV%\Scripts\python" -m provisioner %*
exit /b %ERRORLEVEL%
